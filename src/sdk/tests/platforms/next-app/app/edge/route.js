export { track as GET } from "../track.js";

export const runtime = "edge";
