/** Light, dark, or as the system says. Kept in this browser. */
export type Theme = 'system' | 'light' | 'dark';
const place = 'assay-theme';

class Appearance {
  theme = $state<Theme>('system');

  constructor() {
    try {
      const kept = localStorage.getItem(place);
      if (kept === 'light' || kept === 'dark') this.set(kept);
    } catch {
      // No storage: the system's choice it is.
    }
  }

  set(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      if (theme === 'system') localStorage.removeItem(place);
      else localStorage.setItem(place, theme);
    } catch {
      // As above.
    }
  }
}

export const appearance = new Appearance();
