import type { RequestHandler } from "express";
import { NotFoundError } from "../../core/errors.js";
import { ALGORITHM_NAMES, kindOf, type AlgorithmName } from "../../render/algorithms/algorithms.js";
import { baseOf } from "../base-url.js";
import { answerDocument, DOCUMENT_F, DOCUMENT_TYPES } from "../document-page.js";
import type { RouteGroup } from "../route.js";
import { param } from "./tiles.js";

/** What `algorithm` knows, in TiTiler's shape. */
export const ALGORITHM_ROUTES: RouteGroup<unknown> = {
  title: "Algorithms",
  routes: [
    {
      method: "get",
      paths: ["/algorithms"],
      summary: "All algorithms",
      parameters: [DOCUMENT_F],
      types: DOCUMENT_TYPES,
      handle: () => sendNames,
    },
    {
      method: "get",
      paths: ["/algorithms/{algorithm}"],
      summary: "What an algorithm takes and gives",
      parameters: [DOCUMENT_F],
      types: DOCUMENT_TYPES,
      handle: () => sendAlgorithm,
    },
  ],
};

const sendNames: RequestHandler = (request, response) => {
  const link = (id: string): object => ({
    rel: "item",
    href: `${baseOf(response)}/algorithms/${id}`,
    type: "application/json",
    title: `Definition of ${id} Algorithm`,
  });
  answerDocument(request, response, "Algorithms", {
    algorithms: ALGORITHM_NAMES.map((id) => ({ id, links: [link(id)] })),
  });
};

const sendAlgorithm: RequestHandler = (request, response) => {
  const name = ALGORITHM_NAMES.find((one): one is AlgorithmName => one === param(request, "algorithm"));
  if (name === undefined)
    throw new NotFoundError(
      `Algorithm "${param(request, "algorithm").slice(0, 40)}" is not known; wanted one of ${ALGORITHM_NAMES.join(", ")}`,
    );
  const { title, description, takes = [], gives = null, dtype = null, range, parameters = {} } = kindOf({ name });
  // TiTiler leaves it to the algorithm to say how many a grey picture is of.
  const nbands = takes.length === 1 && name !== "grayscale" ? takes[0] : null;
  const [min, max] = range === undefined ? [null, null] : range.map((bound) => [bound]);
  answerDocument(request, response, title, {
    title,
    description,
    inputs: { nbands },
    outputs: { nbands: gives, dtype, min, max },
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([key, rule]) => {
        const { default: usual, title: label, minimum, maximum, type } = rule;
        const bounds = { minimum, maximum, type };
        const optional = { anyOf: [bounds, { type: "null" }], default: null, title: label };
        return [key, usual === null ? optional : rule];
      }),
    ),
  });
};
