import { Link } from "@tanstack/react-router";

export function Brand({
  className = "",
  short = false,
}: {
  readonly className?: string | undefined;
  readonly short?: boolean;
}) {
  return (
    <Link to="/" className={className} {...(short ? { "aria-label": "Ironcore Backup" } : {})}>
      <BrandSign />
      {!short && "Ironcore Backup"}
    </Link>
  );
}

export function BrandSign({ size = 22 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path fill="var(--accent)" d="M16 1.5 28.6 8.7v14.6L16 30.5 3.4 23.3V8.7z" />
      <path fill="var(--surface)" d="M16 8.6 22.4 12.3v7.4L16 23.4 9.6 19.7v-7.4z" />
      <path fill="var(--ember)" d="M16 12.4 19.1 14.2v3.6L16 19.6 12.9 17.8v-3.6z" />
    </svg>
  );
}
