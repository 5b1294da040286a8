/**
 * The signed-in session of this page. The cookie itself no script can read; what is kept here is the token that goes with
 * every change, and only in memory: a reloaded page asks `whoami` for it.
 */

export interface Session {
  readonly csrfToken: () => string | undefined;
  readonly isSignedIn: () => boolean;
  readonly begin: (csrfToken: string | undefined) => void;
  readonly end: () => void;
}

export function createSession(): Session {
  let token: string | undefined;
  let signedIn = false;
  return {
    csrfToken: () => token,
    isSignedIn: () => signedIn,
    begin(csrfToken) {
      token = csrfToken ?? token;
      signedIn = true;
    },
    end() {
      token = undefined;
      signedIn = false;
    },
  };
}
