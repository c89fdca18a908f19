package main

import (
	"bytes"
	"io"
	"os"
)

const (
	block = 4096
	large = 1 << 20
)

// Path of the temporary file of each size.
var paths = map[int]string{}

func fileOf(size int) string {
	if path, ok := paths[size]; ok {
		return path
	}
	file, err := os.CreateTemp("", "go-benchmark-")
	check(err == nil, "cannot make a temporary file")
	defer file.Close()
	_, err = file.Write(bytes.Repeat([]byte{'x'}, size))
	check(err == nil, "cannot write a temporary file")
	paths[size] = file.Name()
	return file.Name()
}

func smallFile() string { return fileOf(block) }
func largeFile() string { return fileOf(large) }

func removeFiles() {
	for _, path := range paths {
		os.Remove(path)
	}
}

func readWhole(path string, size, iterations int) int {
	for i := 0; i < iterations; i++ {
		content, err := os.ReadFile(path)
		check(err == nil && len(content) == size, "fs_whole: a wrong size")
	}
	return iterations
}

func openReadClose(iterations int) int {
	buffer := make([]byte, block)
	for i := 0; i < iterations; i++ {
		file, err := os.Open(smallFile())
		check(err == nil, "fs_open_read_close: cannot open")
		count, _ := file.Read(buffer)
		check(count == block, "fs_open_read_close: too few bytes")
		file.Close()
	}
	return iterations
}

// Block by block, and again from the beginning.
func readBlocks(iterations int) int {
	file, err := os.Open(largeFile())
	check(err == nil, "fs_read: cannot open")
	defer file.Close()
	buffer := make([]byte, block)
	for i := 0; i < iterations; {
		count, err := file.Read(buffer)
		if count == block {
			i++
			continue
		}
		check(count == 0 && err == io.EOF, "fs_read: a part of a block")
		_, err = file.Seek(0, io.SeekStart)
		check(err == nil, "fs_read: cannot seek")
	}
	return iterations
}
