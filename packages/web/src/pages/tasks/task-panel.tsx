import { useParams } from "@tanstack/react-router";

export function TaskPanel() {
  const { upid } = useParams({ from: "/shell/tasks/$upid" });
  return <p className="mono">{upid}</p>;
}
