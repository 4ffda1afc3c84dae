/** Who is signed in, and what all pages know: the last day with data, how many reports there are. */
import { forgetAnswers, get, onSignedOut, send, useCsrf } from './client';
import { atLeast, whyNot } from '../ui/may';
import type { Health, Role, Session } from './values';

class Application {
  session = $state.raw<Session>();
  health = $state.raw<Health>();
  trouble = $state('');

  constructor() {
    onSignedOut(() => {
      if (this.session?.user) void this.load();
    });
  }

  get user() {
    return this.session?.user ?? null;
  }

  /** Whether the signed-in user may do what this role may. */
  may(role: Role): boolean {
    return this.user !== null && atLeast(this.user.role, role);
  }
  /** Likewise, and whether anything may be changed. */
  mayChange(role: Role): boolean {
    return this.may(role) && this.session?.read_only !== true;
  }
  /** Why not, in a sentence; empty where the user may. `deed`: "mark sources". */
  whyNot(role: Role, deed: string): string {
    return whyNot(this.user?.role, this.session?.read_only === true, role, deed);
  }

  take(session: Session): void {
    this.session = session;
    useCsrf(session.csrf);
    this.trouble = '';
    if (session.user) void this.loadHealth();
    else this.health = undefined;
  }

  async load(): Promise<void> {
    try {
      forgetAnswers();
      this.take(await get<Session>('/session'));
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
    }
  }

  async loadHealth(): Promise<void> {
    try {
      this.health = await get<Health>('/health');
    } catch {
      this.health = undefined; // the page that needs it says why
    }
  }

  async signIn(name: string, password: string): Promise<void> {
    forgetAnswers();
    this.take(await send<Session>('POST', '/session', { name, password }));
  }

  async setUp(name: string, password: string, token: string): Promise<void> {
    forgetAnswers();
    this.take(await send<Session>('POST', '/setup', { name, password, setup_token: token }));
  }

  async signOut(): Promise<void> {
    await send('DELETE', '/session');
    await this.load();
  }
}

export const app = new Application();
