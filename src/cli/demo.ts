import { InvalidRequestError } from "../core/errors.js";
import type { Command } from "./arguments.js";
export const demoCommand: Command = {
  name: "demo",
  summary: "Make the demo catalog",
  help: "",
  options: {},
  run: () => Promise.reject(new InvalidRequestError("not yet")),
};
