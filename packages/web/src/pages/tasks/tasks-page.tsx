import { Outlet } from "@tanstack/react-router";
import { PageHead } from "../../parts/page-head.tsx";

export function TasksPage() {
  return (
    <>
      <PageHead title="Tasks" />
      <Outlet />
    </>
  );
}
