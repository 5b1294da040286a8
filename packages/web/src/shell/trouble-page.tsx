/** What is shown when a page cannot be: the error with its way out, or that there is no such page. */

import { Link, useRouter } from "@tanstack/react-router";
import { ErrorCard } from "../parts/error-card.tsx";
import { PageHead } from "../parts/page-head.tsx";

export function TroublePage({ error }: { readonly error: unknown }) {
  const router = useRouter();
  return (
    <>
      <PageHead title="This page cannot be shown" />
      <ErrorCard error={error} onRetry={() => void router.invalidate()} />
    </>
  );
}

export function NotFoundPage() {
  return (
    <>
      <PageHead title="There is no such page" />
      <p>
        Nothing lies at this address. <Link to="/">Go to the dashboard</Link>, or look for a task by its UPID
        on <Link to="/tasks">Tasks</Link>.
      </p>
    </>
  );
}
