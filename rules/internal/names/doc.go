// Package names defines what the names in expressions stand for: the leaves of a struct, each an object and a member, such as bytes.today.
// Some objects have keys: notefiles["data.qo"].today.
package names
