import { NotFoundMessage } from "@/features/errors/not-found-message";

export default function NotFound() {
  return <NotFoundMessage />;
}
