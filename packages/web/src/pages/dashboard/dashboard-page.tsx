import { PageHead } from "../../parts/page-head.tsx";

export function DashboardPage() {
  return <PageHead title="Dashboard" />;
}
