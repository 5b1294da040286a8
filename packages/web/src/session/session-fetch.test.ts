import { describe, expect, test } from "vitest";
import { createSession } from "./session.ts";
import { createSessionFetch } from "./session-fetch.ts";

interface Sent {
  readonly token: string | null;
  readonly credentials: string | undefined;
}

function aFetch(status: number): { fetchFrom: typeof fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetchFrom: typeof fetch = async (_input, init) => {
    sent.push({ token: new Headers(init?.headers).get("x-csrf-token"), credentials: init?.credentials });
    return new Response(null, { status });
  };
  return { fetchFrom, sent };
}

describe("requests of a session", () => {
  test("every change carries the token, no question does, and none carries it once signed out", async () => {
    const { fetchFrom, sent } = aFetch(200);
    const session = createSession();
    const send = createSessionFetch(fetchFrom, {
      csrfToken: session.csrfToken,
      onSignedOut: () => undefined,
    });
    session.begin("secret");
    await send("/api/v1/tasks", { method: "GET" });
    await send("/api/v1/tasks/x/cancel", { method: "POST" });
    await send("/api/v1/users/x", { method: "DELETE" });
    session.end();
    await send("/api/v1/users/x", { method: "PATCH" });
    expect(sent.map(({ token }) => token)).toEqual([null, "secret", "secret", null]);
    expect(new Set(sent.map(({ credentials }) => credentials))).toEqual(new Set(["same-origin"]));
  });

  test("401 anywhere ends the session, but a wrong password does not", async () => {
    const { fetchFrom } = aFetch(401);
    let endCount = 0;
    const send = createSessionFetch(fetchFrom, {
      csrfToken: () => undefined,
      onSignedOut: () => (endCount += 1),
    });
    await send("https://here.example/api/v1/login", { method: "POST" });
    expect(endCount).toBe(0);
    await send("https://here.example/api/v1/tasks", { method: "GET" });
    expect(endCount).toBe(1);
  });

  test("a later whoami without a token leaves the one that is known", () => {
    const session = createSession();
    session.begin("first");
    session.begin(undefined);
    expect(session.csrfToken()).toBe("first");
  });
});
