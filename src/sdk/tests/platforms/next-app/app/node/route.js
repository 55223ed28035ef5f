export { track as GET } from "../track.js";
