import { ApiError } from './client';

/** What is asked of the server for a page: asked again when what it depends on changes, and by `again()`. */
export class Resource<T> {
  value = $state.raw<T>();
  error = $state.raw<ApiError>();
  loading = $state(true);
  #turn = $state(0);

  /** `ask` is run in an effect; nothing is asked while it gives null. */
  constructor(ask: () => Promise<T> | null) {
    $effect(() => {
      void this.#turn;
      let current = true;
      const asked = ask();
      if (!asked) {
        this.loading = false;
        this.value = undefined;
        return;
      }
      this.loading = true;
      asked.then(
        (value) => {
          if (!current) return;
          this.value = value;
          this.error = undefined;
          this.loading = false;
        },
        (error: unknown) => {
          if (!current) return;
          this.error = error instanceof ApiError ? error : new ApiError(0, 'page', String(error));
          this.value = undefined;
          this.loading = false;
        },
      );
      return () => {
        current = false;
      };
    });
  }

  again(): void {
    this.#turn += 1;
  }
}
