/** Over every part of a damaged snapshot: what it means, and what to do instead of restoring it. */

import { Link } from "@tanstack/react-router";
import type { Snapshot } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { Ago } from "../../../parts/instant.tsx";
import { Rich } from "../../../parts/rich.tsx";
import { t } from "../../../texts/texts.ts";
import { DamageWays } from "./damage-ways.tsx";
import { isDamaged } from "./damage.ts";
import styles from "./restore.module.css";

export interface DamageBannerProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
}

export function DamageBanner({ datastore, snapshot }: DamageBannerProps) {
  const { verification, manifestError } = snapshot;
  if (!isDamaged(snapshot)) return null;
  return (
    <section className={styles["banner"]} aria-label={t("snapshots.damage.label")}>
      <p className={styles["bannerHead"]}>
        <Icon name="failed" size={15} />
        {manifestError === undefined
          ? verification?.result === "MISSING"
            ? t("snapshots.damage.missing")
            : t("snapshots.damage.corrupt")
          : t("snapshots.damage.unreadable")}
      </p>
      {verification !== undefined && verification.result !== "OK" && (
        <p>
          <Rich
            text="snapshots.damage.foundBy"
            values={{ verifier: verification.verifier }}
            elements={{
              when: <Ago at={verification.at} />,
              to: (
                <Link
                  to="/snapshots/$datastore/$"
                  params={{ datastore, _splat: snapshot.snapshot }}
                  search={{ tab: "verification" }}
                />
              ),
            }}
          />
        </p>
      )}
      <DamageWays datastore={datastore} snapshot={snapshot} />
    </section>
  );
}
