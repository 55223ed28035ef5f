import { StatePage } from "@/components/state-page";

/** The user has left the organisation that they looked at last. */
export function NotAMember({ org_id }: { readonly org_id: string }) {
  return (
    <StatePage
      title="You are no longer a member here"
      actions={
        <>
          <form action="/session/organization" method="post">
            <button className="button button-main">Open another organisation</button>
          </form>
          <form action="/session/sign-out" method="post">
            <button className="button">Sign out</button>
          </form>
        </>
      }
    >
      <p>Your membership in {org_id} has ended. One of its admins can give it back.</p>
    </StatePage>
  );
}
