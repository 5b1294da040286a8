import { PageHead } from "../../parts/page-head.tsx";

export function WorkersPage() {
  return <PageHead title="Workers" />;
}
