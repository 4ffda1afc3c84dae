import { type Given, type Place, changed, readPlace, to } from './place';

class Router {
  place = $state.raw<Place>(readPlace(location.hash));

  constructor() {
    window.addEventListener('hashchange', () => {
      this.place = readPlace(location.hash);
    });
  }

  value(name: string): string {
    return this.place.query.get(name) ?? '';
  }

  go(hash: string): void {
    location.hash = hash;
  }

  /** Changes the query of this page without a new step in the history (filters, sorting). */
  set(changes: Given): void {
    const hash = to(this.place.path, changed(this.place.query, changes));
    history.replaceState(null, '', hash);
    this.place = readPlace(hash);
  }

  /** An address of this page with another query. */
  with(changes: Given): string {
    return to(this.place.path, changed(this.place.query, changes));
  }

  /** Period and other things that are kept from page to page. */
  get kept(): Given {
    return { from: this.value('from'), to: this.value('to') };
  }
}

export const router = new Router();
