/**
 * The HTML of a mail. Mail programs are not browsers: one lays out with a word processor, some cut away style sheets, most
 * load nothing from outside. So there are tables, styles on each element, and no image, font or script. A style sheet in the
 * head only adds what may be missing: dark colours.
 *
 * Everything that comes from a message goes through `text`, which escapes it.
 */

import type { MessageState, Tone } from "./message-words.ts";

/** Colours of the dashboard, packages/web/src/look/look.css. */
const INK = "#1a2129";
const QUIET = "#56606d";
const LINE = "#dde2e8";
const PAGE = "#f3f5f7";
const SUNKEN = "#f7f8fa";
const ACCENT = "#2f5b82";
const TONE_COLOURS: Readonly<Record<Tone, readonly [ink: string, ground: string]>> = {
  failed: ["#b3261e", "#fdeae8"],
  warning: ["#835300", "#fdf1d6"],
  ok: ["#1c6b3f", "#e2f4e9"],
  info: ["#1d5fa8", "#e4effb"],
};
const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";
const MONO = "font-family:ui-monospace,Consolas,Menlo,monospace;";
const TABLE = 'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"';
/** Long paths and UPIDs may be broken anywhere. */
const BREAKS = "word-break:break-word;overflow-wrap:anywhere;";

const DARK = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background-color:#10141a!important}.card{background-color:#171c23!important;border-color:#2a323c!important}
.sunken{background-color:#12171d!important;border-color:#2a323c!important}.rule{border-color:#2a323c!important}
.ink{color:#dfe4ea!important}.button{background-color:#9cc0e0!important}.button a{color:#10141a!important}.quiet{color:#9aa5b2!important}.link{color:#9cc0e0!important}
.failed{color:#ff9a92!important;background-color:#3d1a19!important}.warning{color:#e9bd5b!important;background-color:#332709!important}
.ok{color:#74cf9a!important;background-color:#14301f!important}.info{color:#85bbf3!important;background-color:#16293f!important}
}
@media (max-width:480px){.pad{padding-left:16px!important;padding-right:16px!important}.outer{padding:0!important}}`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Any text as HTML: escaped, without characters that no document may have, line breaks kept. */
export function text(plain: string): string {
  return plain
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, "")
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "")
    .replaceAll(/\r\n|[\r\n\u2028\u2029]/g, "<br>");
}

/** A whole document. @param hidden  what a list of mails shows behind the subject */
export function mailDocument({
  title,
  hidden,
  tone,
  rows,
  footer,
}: {
  readonly title: string;
  readonly hidden: string;
  readonly tone: Tone;
  readonly rows: readonly string[];
  readonly footer: string;
}): string {
  const [bar] = TONE_COLOURS[tone];
  return `<!doctype html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<title>${text(title)}</title>
<style>${DARK}
</style>
</head>
<body class="page" style="margin:0;padding:0;background-color:${PAGE};-webkit-text-size-adjust:100%;">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;">${text(hidden)}</div>
<table ${TABLE} class="page" style="background-color:${PAGE};"><tr><td align="center" class="outer" style="padding:24px 12px;">
<!--[if mso]><table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<div role="article" style="display:block;max-width:640px;margin:0 auto;text-align:left;">
<table ${TABLE} class="card" style="max-width:640px;background-color:#ffffff;border:1px solid ${LINE};border-radius:8px;border-collapse:separate;">
<tr><td height="4" style="height:4px;line-height:4px;font-size:0;background-color:${bar};border-radius:7px 7px 0 0;">&nbsp;</td></tr>
${rows.join("\n")}
</table>
<table ${TABLE} style="max-width:640px;"><tr><td class="pad quiet" style="padding:14px 29px 8px;${FONT}font-size:12px;line-height:18px;color:${QUIET};">${footer}</td></tr></table>
</div>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</body>
</html>
`;
}

/** The head of the card: where it comes from, the state, the title. */
export function headRow(
  state: MessageState,
  parts: { readonly from: string; readonly title: string; readonly when: string },
): string {
  return `<tr><td class="pad" style="padding:24px 28px 20px;">
<p class="quiet" style="margin:0 0 12px;${FONT}font-size:13px;line-height:18px;color:${QUIET};">Ironcore Backup &middot; ${text(parts.from)}</p>
${pill(state)}
<h1 class="ink" style="margin:10px 0 6px;${FONT}font-size:21px;line-height:28px;font-weight:600;color:${INK};${BREAKS}">${text(parts.title)}</h1>
<p class="quiet" style="margin:0;${FONT}font-size:13px;line-height:18px;color:${QUIET};">${text(parts.when)}</p>
</td></tr>`;
}

export function pill({ word, tone }: MessageState): string {
  const [ink, ground] = TONE_COLOURS[tone];
  return `<span class="${tone}" style="display:inline-block;padding:3px 9px;border-radius:4px;${FONT}font-size:12px;line-height:16px;font-weight:700;letter-spacing:.5px;color:${ink};background-color:${ground};">${text(word)}</span>`;
}

export function paragraphRow(plain: string): string {
  return `<tr><td class="pad ink" style="padding:0 28px 20px;${FONT}font-size:15px;line-height:23px;color:${INK};${BREAKS}">${text(plain)}</td></tr>`;
}

/** A table of how many of what. */
export function summaryRow(lines: readonly { readonly label: string; readonly count: number }[]): string {
  const cell = `padding:7px 0;border-top:1px solid ${LINE};${FONT}font-size:14px;line-height:20px;color:${INK};`;
  const rows = lines.map(
    ({ label, count }) =>
      `<tr><td class="ink rule" align="right" width="56" style="${cell}padding-right:14px;font-weight:600;">${count}</td><td class="ink rule" style="${cell}">${text(label)}</td></tr>`,
  );
  return `<tr><td class="pad" style="padding:0 28px 20px;"><table width="100%" cellpadding="0" cellspacing="0" border="0">${rows.join("")}</table></td></tr>`;
}

/** What a message about one thing says below its head. */
export function detailRow(parts: readonly string[]): string {
  return `<tr><td class="pad" style="padding:0 28px 20px;">${parts.join("\n")}</td></tr>`;
}

/**
 * One entry of several, short, with its font said once: fifty of them have to fit. A paragraph inherits from its cell in
 * every program, a table inside it does not.
 */
export function entryRow(
  state: MessageState,
  parts: {
    readonly title: string;
    readonly body: string;
    readonly facts: readonly { readonly label: string; readonly value: string }[];
    readonly remedy: string | undefined;
    readonly links: readonly Link[];
    readonly id: string | undefined;
  },
): string {
  const { title, body, facts, remedy, links, id } = parts;
  const quiet = `class="quiet" style="margin:0 0 6px;font-size:13px;line-height:19px;color:${QUIET};"`;
  const plain = 'style="margin:0 0 6px;"';
  const lines = [
    `${pill(state)}<h2 style="margin:7px 0 5px;font-size:16px;line-height:22px;font-weight:600;">${text(title)}</h2>`,
    ...(body === "" ? [] : [`<p ${plain}>${text(body)}</p>`]),
    `<p ${quiet}>${facts.map(({ label, value }) => (label === "When" ? text(value) : `${text(label)}: ${text(value)}`)).join("&nbsp;&middot; ")}</p>`,
    ...(remedy === undefined ? [] : [`<p ${plain}><b>What to do:</b> ${text(remedy)}</p>`]),
    ...(links.length === 0 ? [] : [`<p style="margin:0;">${links.map(inlineLink).join(" &nbsp; ")}</p>`]),
    ...(id === undefined ? [] : [codeLine(id)]),
  ];
  return `<tr><td class="pad rule ink" style="border-top:1px solid ${LINE};padding:16px 28px 14px;${FONT}font-size:14px;line-height:21px;color:${INK};${BREAKS}">${lines.join("\n")}</td></tr>`;
}

export function paragraph(plain: string): string {
  return `<p class="ink" style="margin:0 0 10px;${FONT}font-size:14px;line-height:21px;color:${INK};${BREAKS}">${text(plain)}</p>`;
}

export function factTable(facts: readonly { readonly label: string; readonly value: string }[]): string {
  const rows = facts.map(
    ({ label, value }) =>
      `<tr><td class="quiet" width="92" valign="top" style="padding:2px 14px 2px 0;${FONT}font-size:13px;line-height:19px;color:${QUIET};">${text(label)}</td><td class="ink" valign="top" style="padding:2px 0;${FONT}font-size:13px;line-height:19px;color:${INK};${BREAKS}">${text(value)}</td></tr>`,
  );
  return `<table width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 12px;">${rows.join("")}</table>`;
}

/** What to do next. */
export function remedyBox(plain: string): string {
  return `<table ${TABLE} style="margin:8px 0 14px;"><tr><td class="sunken" style="padding:10px 14px;background-color:${SUNKEN};border:1px solid ${LINE};border-radius:6px;"><p class="quiet" style="margin:0 0 2px;${FONT}font-size:12px;line-height:17px;font-weight:600;color:${QUIET};">What to do</p><p class="ink" style="margin:0;${FONT}font-size:14px;line-height:21px;color:${INK};${BREAKS}">${text(plain)}</p></td></tr></table>`;
}

export interface Link {
  readonly label: string;
  readonly url: string;
}

/** The first as a button, made of a cell because not every program draws a frame around a link. */
export function buttonAndLinks([first, ...rest]: readonly Link[]): string {
  if (first === undefined) return "";
  const font = `${FONT}font-size:14px;line-height:20px;`;
  const cells = [
    isWebAddress(first.url)
      ? `<td class="button" style="padding:9px 18px;background-color:${ACCENT};border-radius:6px;${font}"><a href="${text(first.url)}" style="color:#ffffff;font-weight:600;text-decoration:none;">${text(first.label)}</a></td>`
      : `<td class="ink" style="padding:9px 0;color:${INK};${font}">${text(first.url)}</td>`,
    ...rest.map(
      (link) => `<td style="padding:9px 0 9px 18px;font-weight:600;${font}">${inlineLink(link)}</td>`,
    ),
  ];
  return `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="border-collapse:separate;"><tr>${cells.join("")}</tr></table>`;
}

/** In the text around it. Only addresses of web pages become links; anything else is shown as text. */
export function inlineLink({ label, url }: Link): string {
  if (!isWebAddress(url)) return text(url);
  return `<a class="link" href="${text(url)}" style="color:${ACCENT};text-decoration:underline;">${text(label)}</a>`;
}

function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

export function codeLine(plain: string): string {
  return `<p class="quiet" style="margin:0 0 4px;${MONO}font-size:11px;line-height:16px;color:${QUIET};word-break:break-all;">${text(plain)}</p>`;
}

export function moreRow(plain: string): string {
  return `<tr><td class="pad rule quiet" style="padding:14px 28px 18px;border-top:1px solid ${LINE};${FONT}font-size:14px;line-height:20px;color:${QUIET};">${text(plain)}</td></tr>`;
}
