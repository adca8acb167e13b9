/* eslint-disable */
import * as types from './graphql.js';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "fragment FileRow on File {\n  id\n  filename\n}\n\nquery Fx($id: ID!) {\n  file(id: $id) {\n    ...FileRow\n    status\n    size\n    url\n  }\n}\n\nmutation C($input: CreateUploadUrlInput!) {\n  createUploadUrl(input: $input) {\n    __typename\n    ... on UploadTicket {\n      transfer\n      file {\n        ...FileRow\n      }\n    }\n    ... on Problem {\n      code\n      message\n    }\n    ... on FileTooLarge {\n      maxSize\n    }\n  }\n}": typeof types.FileRowFragmentDoc,
};
const documents: Documents = {
    "fragment FileRow on File {\n  id\n  filename\n}\n\nquery Fx($id: ID!) {\n  file(id: $id) {\n    ...FileRow\n    status\n    size\n    url\n  }\n}\n\nmutation C($input: CreateUploadUrlInput!) {\n  createUploadUrl(input: $input) {\n    __typename\n    ... on UploadTicket {\n      transfer\n      file {\n        ...FileRow\n      }\n    }\n    ... on Problem {\n      code\n      message\n    }\n    ... on FileTooLarge {\n      maxSize\n    }\n  }\n}": types.FileRowFragmentDoc,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment FileRow on File {\n  id\n  filename\n}\n\nquery Fx($id: ID!) {\n  file(id: $id) {\n    ...FileRow\n    status\n    size\n    url\n  }\n}\n\nmutation C($input: CreateUploadUrlInput!) {\n  createUploadUrl(input: $input) {\n    __typename\n    ... on UploadTicket {\n      transfer\n      file {\n        ...FileRow\n      }\n    }\n    ... on Problem {\n      code\n      message\n    }\n    ... on FileTooLarge {\n      maxSize\n    }\n  }\n}"): typeof import('./graphql.js').FileRowFragmentDoc;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
