import { notFound } from "next/navigation";

/** Any other address of an organisation. The message is shown in the organisation's frame. */
export default function UnknownPage() {
  notFound();
}
