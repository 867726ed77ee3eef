/** An entropy model that chunks may be stored with; every other list of them is this one. */
export interface CodecDescription {
  /** In a chunk's head. */
  readonly code: number;
  /** What it is called in prose. */
  readonly title: string;
  /** Dates that a chunk may lean on. */
  readonly references: number;
  /** Streams of which the first few are a picture; 0: one stream, all or nothing. */
  readonly tokens: number;
}

/** By the names of files, options and STAC properties. */
export const CODECS = {
  fp: { code: 0, title: "TEC-FP", references: 0, tokens: 0 },
  elic: { code: 1, title: "TEC-ELIC", references: 0, tokens: 0 },
  tt: { code: 2, title: "TEC-TT", references: 2, tokens: 0 },
  flextec: { code: 3, title: "FlexTEC", references: 2, tokens: 16 },
} as const satisfies Readonly<Record<string, CodecDescription>>;

export type CodecName = keyof typeof CODECS;

/** Names in the order of their codes. */
export const CODEC_NAMES = ["fp", "elic", "tt", "flextec"] as const satisfies readonly CodecName[];

/** Tokens of a chunk that has them, at most. */
export const MOST_TOKENS = CODECS.flextec.tokens;
