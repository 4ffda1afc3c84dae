/** Who may do what, in words: what the server would refuse is not offered, and it is said why. */
import type { Role } from '../api/values';

const order: Role[] = ['viewer', 'analyst', 'administrator'];
export const atLeast = (role: Role, wanted: Role): boolean => order.indexOf(role) >= order.indexOf(wanted);

const article = (role: Role): string => (role === 'viewer' ? 'a viewer' : `an ${role}`);

/** Empty where it may be done. `deed`: "mark sources". */
export function whyNot(role: Role | undefined, readOnly: boolean, wanted: Role, deed: string): string {
  if (!role || !atLeast(role, wanted)) {
    const who = order.slice(order.indexOf(wanted)).map(article).join(' or ');
    return `${who.charAt(0).toUpperCase()}${who.slice(1)} can ${deed}${role ? `; you are ${article(role)}` : ''}.`;
  }
  return readOnly ? `Assay runs read-only here, so nobody can ${deed} from these pages.` : '';
}
