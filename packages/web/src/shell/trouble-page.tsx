/** What is shown when a page cannot be: the error with its way out, or that there is no such page. */

import { Link, useRouter } from "@tanstack/react-router";
import { ErrorCard } from "../parts/error-card.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Rich } from "../parts/rich.tsx";
import { t } from "../texts/texts.ts";

export function TroublePage({ error }: { readonly error: unknown }) {
  const router = useRouter();
  return (
    <>
      <PageHead title={t("shell.trouble.title")} />
      <ErrorCard error={error} onRetry={() => void router.invalidate()} />
    </>
  );
}

export function NotFoundPage() {
  return (
    <>
      <PageHead title={t("shell.trouble.noPage")} />
      <p>
        <Rich
          text="shell.trouble.noPageText"
          elements={{ home: <Link to="/" />, tasks: <Link to="/tasks" /> }}
        />
      </p>
    </>
  );
}
