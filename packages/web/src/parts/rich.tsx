/** A text whose parts are elements: `<Rich text="shell.trouble.noPageText" elements={{ home: <Link to="/" /> }} />`. */

import type { ComponentType, ReactElement } from "react";
import { Trans } from "react-i18next/TransWithoutContext";
import type { TextKey } from "../texts/catalogue.ts";
import { texts } from "../texts/texts.ts";

export interface RichProps {
  readonly text: TextKey;
  readonly elements: Readonly<Record<string, ReactElement>>;
  readonly values?: Readonly<Record<string, string | number>>;
  /** Chooses the form of the text. */
  readonly count?: number;
}

/** That the text exists, `RichProps` has said; the library would work it out again at each use. */
const Filled = Trans as unknown as ComponentType<{
  readonly i18n: typeof texts;
  readonly t: unknown;
  readonly i18nKey: string;
  readonly components: RichProps["elements"];
  readonly values: NonNullable<RichProps["values"]>;
  readonly count?: number;
}>;

export function Rich({ text, elements, values = {}, count }: RichProps) {
  return (
    <Filled
      i18n={texts}
      t={texts.t}
      i18nKey={text}
      components={elements}
      values={values}
      {...(count === undefined ? {} : { count })}
    />
  );
}
