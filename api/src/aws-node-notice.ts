// The SDK prints seven lines about Node 20 at every start. We know: it is pinned on purpose (docs/decisions/001-stack.md).
// Its own switch; it has to be set before the SDK is loaded, so this is main's first import.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
