import type { ErrorMessage } from "./error-messages";

interface ErrorTextProps {
  readonly error: ErrorMessage;
  readonly role?: "alert";
  readonly className?: string;
}

/** The message of an error as one paragraph. */
export function ErrorText({ error: { title, text }, role, className = "text-sm" }: ErrorTextProps) {
  return (
    <p role={role} className={`text-bad ${className}`}>
      {title}. {text}
    </p>
  );
}
