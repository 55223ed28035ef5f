import { Menu } from "@/components/menu";
import { ThemeChoice } from "@/components/theme-choice";
import type { Role, User } from "@/lib/session";
import type { Theme } from "@/lib/theme";

interface UserMenuProps {
  readonly user: User;
  readonly role: Role | null;
  readonly theme: Theme;
}

/** Who is signed in, how pages look, and the way out. */
export function UserMenu({ user, role, theme }: UserMenuProps) {
  const initials = initialsOf(user.name);
  return (
    <Menu label={`${initials}: account of ${user.name}`} button={<Initials initials={initials} />}>
      <div className="space-y-3 p-2">
        <p className="text-sm">
          <span className="block font-medium">{user.name}</span>
          <span className="block text-muted">{user.email}</span>
          <span className="block text-muted">Role: {role ?? "none"}</span>
        </p>
        <ThemeChoice theme={theme} />
        <form action="/session/sign-out" method="post">
          <button className="button w-full">Sign out</button>
        </form>
      </div>
    </Menu>
  );
}

function Initials({ initials }: { readonly initials: string }) {
  return (
    <span className="grid size-7 place-items-center rounded-full bg-accent text-xs font-semibold text-on-accent">
      {initials}
    </span>
  );
}

/** AL of Ada Lovelace. */
function initialsOf(name: string): string {
  const words = name.split(/\s+/).slice(0, 2);
  return words.map(([letter]) => letter).join("");
}
