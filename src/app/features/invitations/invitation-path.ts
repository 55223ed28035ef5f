/** Return the path of the page that accepts an invitation. */
export function invitationPath(token: string): string {
  return `/join?${new URLSearchParams({ invitation: token })}`;
}

/** Return the invitation's token in such a path, or undefined for any other path. */
export function invitationIn(path: string): string | undefined {
  const { pathname, searchParams } = new URL(path, "http://dashboard");
  return (pathname === "/join" && searchParams.get("invitation")) || undefined;
}
