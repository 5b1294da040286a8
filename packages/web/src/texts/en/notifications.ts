/** The page Notifications: inbox, targets, groups, rules, deliveries. */
export const notifications = {} as const;
