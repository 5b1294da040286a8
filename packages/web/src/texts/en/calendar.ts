/** The Job Calendar. */
export const calendar = {} as const;
