/** `/audit`. */

import type { SomeHandlers } from "./handler.ts";

export const auditHandlers: SomeHandlers<"listAudit"> = {
  listAudit: ({ access }, { query }) => access.audit.list(query),
};
