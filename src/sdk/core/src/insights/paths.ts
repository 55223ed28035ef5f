/** The paths of the operations, by the functions that call them. */
export const PATHS = {
  getTrends: "/api/v1/insights/trends",
  getFunnel: "/api/v1/insights/funnels",
  listDroppedUsers: "/api/v1/insights/funnels/dropped-users",
  getRetention: "/api/v1/insights/retention",
  listProperties: "/api/v1/properties",
  listUsers: "/api/v1/users",
  getUser: "/api/v1/users/",
} as const;
