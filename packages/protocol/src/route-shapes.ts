/** Types of what each route takes and answers, for typed calls. Types only: nothing here exists at run time. */

import type { Static, TSchema } from "typebox";
import type { RouteName, routes } from "./routes.ts";

type Routes = typeof routes;
type Part<Name extends RouteName, Key extends string> = Routes[Name] extends {
  readonly [K in Key]: infer Schema;
}
  ? Schema extends TSchema
    ? Static<Schema>
    : never
  : undefined;

export type RouteParams<Name extends RouteName> = Part<Name, "params">;
export type RouteQuery<Name extends RouteName> = Part<Name, "query">;
export type RouteBody<Name extends RouteName> = Part<Name, "body">;
export type RouteResponse<Name extends RouteName> = Part<Name, "response">;
