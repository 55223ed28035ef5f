import { NotFoundMessage } from "@/features/errors/not-found-message";
import { PlainHeader } from "@/ui/plain-header";

export default function NotFound() {
  return (
    <>
      <PlainHeader />
      <NotFoundMessage />
    </>
  );
}
