import { PostButton } from "@/ui/post-button";

/** Ends the session, and opens the sign-in page. */
export function SignOutButton({ className }: { readonly className?: string | undefined }) {
  return (
    <PostButton action="/session/sign-out" className={className}>
      Sign out
    </PostButton>
  );
}
