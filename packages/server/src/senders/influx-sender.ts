/** Figures to InfluxDB: of version 2 and later into a bucket, of version 1 into a database. */

import { exchange } from "./http-exchange.ts";
import type { HttpNeeds } from "./http-exchange.ts";
import type { SendResult, TargetSettings } from "./sender.ts";

/** @param lineProtocol  with instants in milliseconds */
export function pushToInflux(
  needs: HttpNeeds,
  settings: TargetSettings,
  lineProtocol: string,
  options: { readonly signal: AbortSignal },
): Promise<SendResult> {
  const { organization, bucket, database, token, username, password } = settings;
  const isVersion1 = database !== undefined;
  const url = under(settings.url, isVersion1 ? "write" : "api/v2/write");
  const place = isVersion1 ? { db: database } : { org: organization ?? "", bucket: bucket ?? "" };
  for (const [name, value] of Object.entries({ ...place, precision: "ms" }))
    url.searchParams.set(name, value);
  const authorization = isVersion1 ? basicLogin(username, password) : `Token ${token ?? ""}`;
  return exchange(
    needs,
    settings,
    {
      method: "POST",
      url,
      body: lineProtocol,
      headers: {
        "content-type": "text/plain; charset=utf-8",
        ...(authorization === undefined ? {} : { authorization }),
      },
    },
    options,
  );
}

/** An address below a base address that may have a path of its own. */
export function under(base: string | undefined, path: string): URL {
  const url = new URL(base ?? "");
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  return url;
}

export function basicLogin(username: string | undefined, password: string | undefined): string | undefined {
  if (username === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}`;
}
