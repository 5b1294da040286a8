/** An error as the house tells it: what happened, what to do next, its code, and the number of the request to look up. */

import { Button } from "@mantine/core";
import { toCodedError } from "@ironcore-backup/base";
import { Icon } from "../look/icon.tsx";
import { t } from "../texts/texts.ts";
import styles from "./empty.module.css";

export interface ErrorCardProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

export function ErrorCard({ error, onRetry }: ErrorCardProps) {
  const { code, message, remedy, context } = toCodedError(error);
  const requestId = context["requestId"];
  return (
    <div className={styles["error"]} role="alert">
      <div className={styles["errorHead"]}>
        <Icon name="failed" />
        {message}
      </div>
      <p>{remedy}</p>
      <p className={styles["small"]}>
        <code>{code}</code>
        {requestId !== undefined && (
          <>
            {` · ${t("parts.error.request")} `}
            <code>{String(requestId)}</code>
          </>
        )}
      </p>
      {onRetry !== undefined && (
        <div>
          <Button variant="default" leftSection={<Icon name="retry" />} onClick={onRetry}>
            {t("common.tryAgain")}
          </Button>
        </div>
      )}
    </div>
  );
}
