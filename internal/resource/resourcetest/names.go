package resourcetest

// OddNames are paths that JSON or Unicode normalisation would change, and similar ones that they would not.
func OddNames() []string {
	return []string{
		"/p/plain", "/p/é", "/p/e\u0301", "/p/a\xe8", "/p/a\xe9/b", "/\xff\xfe", "/p/\u0301x", "/p/\U0010ffe8", "/p/a\xe8\U0010ffe8",
		"/p/\xf4\x8f\xbf", "/p/日本", "/p/\u1100\u1161", "/p/a\u0323\u0307/b\xe8", "/p/\x01\x7f", "/p/q\\xe8", "/", "",
	}
}
