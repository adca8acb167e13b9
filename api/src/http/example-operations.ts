/** What the Sandbox and the explorer open with: the three calls of the tutorial, the list, a history, and the events. */
export const EXAMPLE_OPERATIONS = `# An upload is three calls; the middle one goes to the store and not to this API.
#
# 1. Run "Create" and copy its curl line.
# 2. Run that line in a terminal, in the folder of the file (size: wc -c < hello.txt).
# 3. Put the id into the variable fileId and run "Confirm". "List" shows the file with its link.

mutation Create($input: CreateUploadUrlInput!) {
  createUploadUrl(input: $input) {
    ... on UploadTicket {
      file { id status }
      transfer
      curl
      uploadUrl
      headers { name value }
      confirmBy
    }
    ... on Problem { code message }
  }
}

mutation Confirm($fileId: ID!) {
  confirmUpload(fileId: $fileId) {
    ... on ConfirmedUpload {
      file { id status filename size contentType integrity sha256 url }
    }
    ... on Problem { code message }
  }
}

query List {
  files(first: 25) {
    nodes { id filename size status contentType createdAt url }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}

# What has happened to the file of fileId, newest first: opened, confirmed, sealed.
query History($fileId: ID!) {
  file(id: $fileId) {
    filename
    history(first: 10) { at from to attempt reason }
  }
}

# Events come as they happen, from /graphql/stream (server-sent events; the explorer at /explorer shows them).
subscription Watch {
  filesChanged {
    fileId
    file { filename status }
    at
  }
}
`;

/** Variables for them: printf 'Hello, Signet\\n' > hello.txt has exactly this size. */
export const EXAMPLE_VARIABLES = {
  input: { filename: "hello.txt", contentType: "text/plain", size: 14 },
  fileId: "file_",
} as const;
