import { MOST_TOKENS } from "../core/codecs.js";
import type { TecCog } from "../container/tec-cog.js";
import { InvalidRequestError } from "../core/errors.js";
import type { OpenContainer } from "./chunk-reader.js";

/**
 * Checks how many of FlexTEC's tokens are asked of a file.
 *
 * @throws InvalidRequestError outside 0..16, and for a file stored with another entropy model.
 */
export function wantTokens({ metadata, location }: TecCog, tokens: number): void {
  if (!Number.isInteger(tokens) || tokens < 0 || tokens > MOST_TOKENS)
    throw new InvalidRequestError(`quality is ${tokens}; wanted a whole number of tokens from 0 to ${MOST_TOKENS}`);
  if (metadata.entropy !== "flextec")
    throw new InvalidRequestError(
      `quality is ${tokens}, but ${location} is stored with entropy model "${metadata.entropy}"; only "flextec" is read in parts`,
    );
}

/**
 * A container of which the first `tokens` tokens of each chunk are read.
 *
 * @throws InvalidRequestError as wantTokens.
 */
export function withTokens(container: OpenContainer, tokens: number): OpenContainer {
  wantTokens(container.cog, tokens);
  return tokens === MOST_TOKENS ? container : { ...container, tokens };
}
