/**
 * Copy the element's text, and return whether that was possible. Pages over plain http have no clipboard, and frames
 * of other origins may not use it. There the text stays selected, so that the user can copy it with the keyboard.
 */
export async function copied(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return document.execCommand("copy");
  }
}
