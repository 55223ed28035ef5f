/**
 * Copy the element's text, and return whether that was possible. Pages over plain http have no clipboard, and
 * it may be denied: the text stays selected then, to be copied by keys.
 */
export async function copyText(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return document.execCommand("copy");
  }
}
