/** Sign-in by name and password. The session comes as a cookie; the page then goes where its visitor was going. */

import { useState } from "react";
import type { FormEvent } from "react";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { CommandLine } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { useDocumentTitle } from "../../parts/page-head.tsx";
import { useNeeds } from "../../session/needs.tsx";
import { HOME_PATH, readReturnPath } from "../../session/return-path.ts";
import { BrandSign } from "../../shell/brand.tsx";
import styles from "./sign-in.module.css";

export function SignInPage() {
  useDocumentTitle("Sign in");
  const signIn = useSignIn();
  return (
    <main className={styles["page"]}>
      <form className={styles["card"]} onSubmit={signIn.submit} aria-labelledby="sign-in-title">
        <div className={styles["head"]}>
          <BrandSign size={34} />
          <h1 id="sign-in-title">Sign in to Ironcore Backup</h1>
        </div>
        <TextInput
          name="user"
          label="User"
          placeholder="admin@ibs"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          autoFocus
          size="sm"
        />
        <PasswordInput
          name="password"
          label="Password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="sm"
          visibilityToggleButtonProps={{ "aria-label": "Show the password" }}
        />
        {signIn.error !== undefined && <ErrorCard error={signIn.error} />}
        <Button type="submit" size="sm" loading={signIn.isBusy}>
          Sign in
        </Button>
        <div className={styles["help"]}>
          <p>
            The first start of the server printed the administrator&rsquo;s password. On the server&rsquo;s
            own machine, a new one can be set:
          </p>
          <CommandLine command="ironcore-backup user update admin@ibs --password" />
        </div>
      </form>
    </main>
  );
}

interface SignIn {
  readonly error: unknown;
  readonly isBusy: boolean;
  readonly submit: (event: FormEvent<HTMLFormElement>) => void;
}

function useSignIn(): SignIn {
  const { client, session } = useNeeds();
  const queryClient = useQueryClient();
  const { to } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const router = useRouter();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const signIn = async (user: string, password: string): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const login = await client.call("login", { body: { user, password, via: "cookie" } });
      session.begin(login.csrfToken);
      queryClient.clear();
      await router.invalidate();
      await navigate({ href: readReturnPath(to ?? HOME_PATH), replace: true });
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return {
    error,
    isBusy,
    submit(event) {
      event.preventDefault();
      const fields = new FormData(event.currentTarget);
      const text = (name: string): string => {
        const value = fields.get(name);
        return typeof value === "string" ? value : "";
      };
      void signIn(text("user").trim(), text("password"));
    },
  };
}
