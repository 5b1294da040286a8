/**
 * The window's `fetch` as a signed-in page uses it: the cookie speaks for the caller, every change carries the token that
 * other sites cannot know, and an answer 401 anywhere means that the session is over.
 */

const UNAUTHENTICATED_STATUS = 401;
const LOGIN_PATH = "/api/v1/login";

export interface SessionEnd {
  /** To be sent with every change. */
  readonly csrfToken: () => string | undefined;
  readonly onSignedOut: () => void;
}

export function createSessionFetch(fetchFrom: typeof fetch, session: SessionEnd): typeof fetch {
  return async (input, init = {}) => {
    const headers = new Headers(init.headers);
    const token = session.csrfToken();
    if (token !== undefined && init.method !== "GET") headers.set("x-csrf-token", token);
    const response = await fetchFrom(input, { ...init, headers, credentials: "same-origin" });
    const isLogin = String(input instanceof Request ? input.url : input).endsWith(LOGIN_PATH);
    if (response.status === UNAUTHENTICATED_STATUS && !isLogin) session.onSignedOut();
    return response;
  };
}
