/** `key create | show | change-passphrase`: encryption keys, made and kept on this machine only. */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { randomHex } from "@ironcore-backup/base";
import { Option } from "commander";
import type { Command } from "commander";
import type { KeyFile } from "@ironcore-backup/format";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";

import { printable, showInstant } from "../display/look.ts";
import { ask, canAsk } from "../prompt.ts";

/** Where scripts put the passphrase, as the stock client has it. */
const PASSPHRASE_VARIABLE = "PBS_ENCRYPTION_PASSWORD";
type Kdf = "scrypt" | "none";

export function keyCommands(context: CommandContext): Command {
  return createGroup("key", "encryption keys, on this machine only", [
    createKeyCommand(context),
    showKeyCommand(context),
    changePassphraseCommand(context),
  ]);
}

function kdfOption(description: string, byDefault: Kdf): Option {
  return new Option("--kdf <KDF>", description).choices(["scrypt", "none"]).default(byDefault);
}

function createKeyCommand(context: CommandContext): Command {
  return (
    createCommand("create", "make a new encryption key in a new file", [
      "key create /root/host.key",
      "backup --path /etc --datastore main --keyfile /root/host.key --wait",
    ])
      .argument("<FILE>")
      // A task opens the file where nobody can be asked, so the usual file has no passphrase.
      .addOption(
        kdfOption("none: backups can use the file as it is; scrypt: protected by a passphrase", "none"),
      )
      .option("--hint <TEXT>", "reminder of the passphrase, kept readable in the file")
      .action(async (file: string, options: Options<{ kdf: Kdf; hint?: string }>) => {
        const { encodeKeyFile, generateEncryptionKey } = await import("@ironcore-backup/format");
        const passphrase = options.kdf === "none" ? undefined : await newPassphrase(context);
        const key = generateEncryptionKey(context);
        const path = resolve(context.workingDir, file);
        writeKeyFile(
          path,
          encodeKeyFile(context, key, { ...given("passphrase", passphrase), ...given("hint", options.hint) }),
        );
        printResult(context, options, { file: path, fingerprint: key.fingerprint }, () => [
          `Key ${key.fingerprint}`,
          `Kept in ${path}, readable by you alone. Whoever reads it can read the backups made with it.`,
          "Without it nothing encrypted with it can ever be restored: keep a copy elsewhere.",
        ]);
      })
  );
}

function showKeyCommand(context: CommandContext): Command {
  return createCommand("show", "show a key file's fingerprint and dates; never the key")
    .argument("<FILE>")
    .action(async (file: string, options: Options<object>) => {
      const { describeKeyFile } = await import("@ironcore-backup/format");
      const described = describeKeyFile(readText(resolve(context.workingDir, file)));
      const { fingerprint, protection, hint } = described;
      const isProtected = protection !== "none";
      const dates = { createdAt: described.createdAt, modifiedAt: described.modifiedAt };
      const shown = {
        ...given("fingerprint", fingerprint),
        protected: isProtected,
        ...dates,
        ...given("hint", hint),
      };
      printResult(context, options, shown, () => [
        `Fingerprint  ${fingerprint ?? "not in the file"}`,
        `Passphrase   ${isProtected ? "yes" : "none: whoever reads the file has the key"}`,
        `Created      ${showInstant(dates.createdAt)}`,
        `Modified     ${showInstant(dates.modifiedAt)}`,
        ...(hint === undefined ? [] : [`Hint         ${printable(hint)}`]),
      ]);
    });
}

function changePassphraseCommand(context: CommandContext): Command {
  return createCommand("change-passphrase", "protect the same key by another passphrase, or by none")
    .argument("<FILE>")
    .addOption(kdfOption("scrypt: protect it by a passphrase; none: take the passphrase away", "scrypt"))
    .option("--hint <TEXT>", "reminder of the new passphrase")
    .action(async (file: string, options: Options<{ kdf: Kdf; hint?: string }>) => {
      const { encodeKeyFile } = await import("@ironcore-backup/format");
      const path = resolve(context.workingDir, file);
      const { key, createdAt } = await openKeyFile(context, path);
      // Not from the environment: that holds the old one.
      const passphrase = options.kdf === "none" ? undefined : await askNewPassphrase(context);
      const text = encodeKeyFile(context, key, {
        createdAt,
        ...given("passphrase", passphrase),
        ...given("hint", options.hint),
      });
      const freshPath = `${path}.${randomHex(context.random, 4)}.new`;
      writeKeyFile(freshPath, text);
      renameSync(freshPath, path);
      printResult(context, options, { file: path, fingerprint: key.fingerprint }, () =>
        passphrase === undefined
          ? `${path} has no passphrase any more: whoever reads it has the key`
          : `${path} has a new passphrase`,
      );
    });
}

function given<Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } {
  // One computed key of the wanted name, or nothing.
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string };
}

async function openKeyFile(context: CommandContext, path: string): Promise<KeyFile> {
  const { decodeKeyFile, describeKeyFile } = await import("@ironcore-backup/format");
  const text = readText(path);
  const isOpen = describeKeyFile(text).protection === "none";
  return decodeKeyFile(text, isOpen ? {} : { passphrase: await currentPassphrase(context) });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw cliErrors.FILE_NOT_READABLE({ path, detail }, cause);
  }
}

async function currentPassphrase(context: CommandContext): Promise<string> {
  return context.env[PASSPHRASE_VARIABLE] ?? ask(context, "Passphrase of the key: ", { isSecret: true });
}

async function newPassphrase(context: CommandContext): Promise<string> {
  return context.env[PASSPHRASE_VARIABLE] ?? askNewPassphrase(context);
}

async function askNewPassphrase(context: CommandContext): Promise<string> {
  const first = await ask(context, "New passphrase: ", { isSecret: true });
  if (!canAsk()) return first;
  const second = await ask(context, "The same again: ", { isSecret: true });
  if (first !== second)
    throw cliErrors.USAGE_INVALID({ detail: "The two passphrases differ; nothing was written" });
  return first;
}

/** A new file, never over another one; durable before anybody relies on it. */
function writeKeyFile(path: string, text: string): void {
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw cliErrors.FILE_NOT_WRITABLE(
      { path, detail: cause instanceof Error ? cause.message : String(cause) },
      cause,
    );
  }
}
