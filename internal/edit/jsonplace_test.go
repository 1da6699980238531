package edit

import "testing"

// TestNewKeyOfJSONIsInNoComment: a new key of JSON is not put into a comment or a block of others, and does not change
// a block.
func TestNewKeyOfJSONIsInNoComment(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"the last key is in a block", "{\n  \"a\": 1,\n  // BEGIN x\n  \"b\": 2\n  // END x\n}\n", "{\n  \"a\": 1,\n  \"new\": 5,\n  // BEGIN x\n  \"b\": 2\n  // END x\n}\n"},
		{"with a comma", "{\n  \"a\": 1,\n  // BEGIN x\n  \"b\": 2,\n  // END x\n}\n", "{\n  \"a\": 1,\n  \"new\": 5,\n  // BEGIN x\n  \"b\": 2,\n  // END x\n}\n"},
		{"all keys are", "{\n  // BEGIN x\n  \"b\": 2\n  // END x\n}\n", "{\n  \"new\": 5,\n  // BEGIN x\n  \"b\": 2\n  // END x\n}\n"},
		{"the block has comments", "{\n  \"a\": 1\n  // BEGIN x\n  // b\n  // END x\n}\n", "{\n  \"a\": 1,\n  \"new\": 5\n  // BEGIN x\n  // b\n  // END x\n}\n"},
		{"no keys", "{\n  // BEGIN x\n  // b\n  // END x\n}\n", "{\n  // BEGIN x\n  // b\n  // END x\n  \"new\": 5\n}\n"},
		{"a comment of several lines", "{\n  \"a\": 1 /* x\n  y */\n}\n", "{\n  \"a\": 1, /* x\n  y */\n  \"new\": 5\n}\n"},
		{"the same behind a comma", "{\n  \"a\": 1, /* x\n  y */\n}\n", "{\n  \"a\": 1, /* x\n  y */\n  \"new\": 5,\n}\n"},
		{"a comment behind that", "{\n  \"a\": 1, /* x\n  y */ // z\n}\n", "{\n  \"a\": 1, /* x\n  y */ // z\n  \"new\": 5,\n}\n"},
		{"a comment of one line", "{\n  \"a\": 1 /* x */ // y /* z\n}\n", "{\n  \"a\": 1, /* x */ // y /* z\n  \"new\": 5\n}\n"},
		{"an empty object with a comment", "{ /* x */ }\n", "{ /* x */ \n  \"new\": 5\n}\n"},
		{"an empty object with a comment to the end of the line", "{ // x\n}\n", "{ // x\n  \"new\": 5\n}\n"},
		{"an empty object with a comment of several lines", "{ /* x\n */ }\n", "{ /* x\n */ \n  \"new\": 5\n }\n"},
		{"one line", "{\"a\": 1 /* x */}\n", "{\"a\": 1, \"new\": 5 /* x */}\n"},
	} {
		p := &Setting{Format: JSON, Key: "new", Value: int64(5)}
		out, err := Edit([]byte(tt.src), []Part{p})
		if err != nil || string(out) != tt.want {
			t.Errorf("%s: %q, %v", tt.name, out, err)
			continue
		}
		state, err := Look([]byte(tt.src), p)
		if made, _ := Look(out, p); err != nil || state.Line != made.Line {
			t.Errorf("%s: it is announced at line %d, and is at %d: %v", tt.name, state.Line, made.Line, err)
		}
	}
}
