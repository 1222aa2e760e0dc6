/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * block.h - file and block headers, checksums and compression. The format is documented in
 * docs/RECORDING.md.
 */
#pragma once

#include <sys/types.h>

#include "lib/recording/bytes.h"

#define RECORDING_VERSION 1

/* --- file header --- */

#define FILE_HEADER_BYTES 128
#define FILE_HINT_OFFSET  64 /* the rewritable half; only a hint */

struct file_header {
	uint32_t version;
	uint64_t created_ns; /* wall clock */
	uint64_t sequence;   /* of the first sample */
};

struct file_hint {
	uint64_t start; /* offset of the first block that still exists */
	uint64_t index; /* offset of the last index block, 0: none */
};

void file_header_store(const struct file_header *header, uint8_t *to);
/* -EBADMSG: not a recording, or damaged; -EPROTONOSUPPORT: another format (`version` is set). */
int file_header_load(const uint8_t *from, size_t length, struct file_header *ret_header);
void file_hint_store(const struct file_hint *hint, uint8_t *to);
/* -EBADMSG: torn write; everything can be found without the hint. */
int file_hint_load(const uint8_t *from, struct file_hint *ret_hint);

/* --- blocks --- */

enum block_kind {
	BLOCK_KEY = 1, /* a sample that depends on no other */
	BLOCK_DELTA,   /* the difference from the previous sample */
	BLOCK_INDEX,   /* positions of the key blocks since the last index */
};

enum block_flag {
	BLOCK_ZSTD = 1,  /* the payload is compressed */
	BLOCK_START = 2, /* the first sample of a recorder */
};

#define BLOCK_HEADER_BYTES 56
/* Limit of the reader: a million groups with all metrics stay well below it. */
#define BLOCK_RAW_MAX (UINT32_C(1) << 28)

struct block_header {
	uint8_t kind;
	uint8_t flags;
	uint16_t events;                  /* bit k: contains an event of kind k */
	uint32_t stored_bytes, raw_bytes; /* of the payload */
	uint64_t sequence; /* of the sample; of an index: of the last sample before it */
	uint64_t realtime_ns, boottime_ns;
	uint64_t boot;     /* hash of the boot ID */
	uint32_t checksum; /* of the stored payload */
};

void block_header_store(const struct block_header *header, uint8_t *to);
/* -EBADMSG if the magic, the checksum or a size is invalid. */
int block_header_load(const uint8_t *from, struct block_header *ret_header);

uint32_t checksum(const void *data, size_t length);
/* The same on any processor; for tests. */
uint32_t checksum_by_table(const void *data, size_t length);
uint64_t hash_text(const char *text) CGW_PURE;

struct packer;
int packer_new(struct packer **ret_packer);
struct packer *packer_free(struct packer *packer);
static inline void cleanup_packer(struct packer **packer)
{
	packer_free(*packer);
}
/*
 * Builds the block of a payload (header and compressed bytes) in a buffer of the packer. Fills in
 * the sizes, flags and checksum of `header`.
 */
int packer_pack(struct packer *packer, struct block_header *header, const struct bytes *payload,
		const uint8_t **ret_block, size_t *ret_length);
/* The payload of a block: `stored` follows the header. -EBADMSG if it is damaged. */
int packer_unpack(struct packer *packer, const struct block_header *header, const uint8_t *stored,
		  struct cursor *ret_payload);

/* Retry after short transfers and signals; a read returns less only at the end of the file. */
ssize_t read_whole_at(int fd, void *buffer, size_t size, uint64_t offset);
int write_whole_at(int fd, const void *data, size_t length, uint64_t offset);
