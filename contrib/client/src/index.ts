export { connect } from "./connect.js"
export * from "./errors.js"
export { methods } from "./stream.js"
export type * from "./types.js"
