/* SPDX-License-Identifier: MIT */
/* A ring of bytes from one writer to one reader, who may run on two CPUs or be interrupted by each
 * other. All zero is an empty ring. */
#ifndef KEEL_BYTE_RING_H
#define KEEL_BYTE_RING_H

#include <keel/errno.h>
#include <keel/types.h>

#define BYTE_RING_SIZE 256u /* a power of two */

struct byte_ring {
    uint32_t put, got; /* bytes so far */
    uint8_t bytes[BYTE_RING_SIZE];
};

/* False: the ring is full, the byte is lost. */
static inline bool byte_ring_put(struct byte_ring *ring, uint8_t byte)
{
    uint32_t put = ring->put;

    if (put - __atomic_load_n(&ring->got, __ATOMIC_ACQUIRE) == BYTE_RING_SIZE) {
        return false;
    }
    ring->bytes[put % BYTE_RING_SIZE] = byte;
    __atomic_store_n(&ring->put, put + 1, __ATOMIC_RELEASE);
    return true;
}

/* The oldest byte, or -EAGAIN. */
static inline int byte_ring_get(struct byte_ring *ring)
{
    uint32_t got = ring->got;
    int byte;

    if (got == __atomic_load_n(&ring->put, __ATOMIC_ACQUIRE)) {
        return -EAGAIN;
    }
    byte = ring->bytes[got % BYTE_RING_SIZE];
    __atomic_store_n(&ring->got, got + 1, __ATOMIC_RELEASE);
    return byte;
}

#endif
