"""Draw a posed person with OpenGL (software rendering is enough)."""

from __future__ import annotations

import moderngl
import numpy as np
from lighting import vertex_normals
from puppet import Part

SCALE = 1  # drawn twice as large, then averaged
ALPHA_TO_COVERAGE = 0x809E
CLOSED = ("skin", "eyes", "teeth", "tongue")  # parts whose back faces are never seen
FINE = ("brows", "lashes")  # thin parts that are blended over the skin
HAIR_EDGE = 0.25  # alpha under which hair is left out

VERTEX = """
#version 330
uniform mat4 camera;
in vec3 point; in vec3 normal; in vec3 light; in vec2 uv;
out vec3 at; out vec3 n; out vec3 lit; out vec2 texel;
void main() { at = point; n = normal; lit = light; texel = uv; gl_Position = camera * vec4(point, 1.0); }
"""

FRAGMENT = """
#version 330
uniform sampler2D picture; uniform vec3 eye; uniform vec3 lamp;
uniform float gloss; uniform float power; uniform float cut;
in vec3 at; in vec3 n; in vec3 lit; in vec2 texel; out vec4 colour;
vec3 film(vec3 x) { return pow(clamp(1.0 - exp(-1.35 * x), 0.0, 1.0), vec3(1.0 / 2.1)); }
void main() {
    vec4 t = texture(picture, texel);
    float alpha = clamp((t.a - cut) / (1.0 - 2.0 * cut), 0.0, 1.0);
    if (alpha < 0.01) discard;
    vec3 albedo = pow(t.rgb, vec3(2.2));
    vec3 v = normalize(eye - at), m = normalize(n);
    if (dot(m, v) < 0.0) m = -m;
    vec3 h = normalize(v + lamp);
    float fresnel = 0.35 + 0.65 * pow(1.0 - max(dot(v, m), 0.0), 4.0);
    float shine = gloss * fresnel * pow(max(dot(m, h), 0.0), power);
    colour = vec4(film(albedo * lit + shine * lit), alpha);
}
"""

BACK_VERTEX = """
#version 330
in vec2 corner; out vec2 texel;
void main() { texel = corner * 0.5 + 0.5; gl_Position = vec4(corner, 0.999999, 1.0); }
"""

BACK_FRAGMENT = """
#version 330
uniform sampler2D picture; in vec2 texel; out vec4 colour;
void main() { colour = vec4(texture(picture, vec2(texel.x, 1.0 - texel.y)).rgb, 1.0); }
"""


def perspective(eye: np.ndarray, target: np.ndarray, field: float, aspect: float) -> np.ndarray:
    """``(4, 4)`` view and projection matrix for a camera with a vertical field of view in degrees."""
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, [0, 1.0, 0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    view = np.eye(4)
    view[:3, :3] = np.stack([right, up, -forward])
    view[:3, 3] = -view[:3, :3] @ eye
    near, far, f = 1.0, 60.0, 1 / np.tan(np.radians(field) / 2)
    project = np.array(
        [
            [f / aspect, 0, 0, 0],
            [0, f, 0, 0],
            [0, 0, (far + near) / (near - far), 2 * far * near / (near - far)],
            [0, 0, -1, 0],
        ]
    )
    return project @ view


class Stage:
    """One person before a background, seen by one camera.

    Parameters
    ----------
    parts : list of Part
        Lit parts.
    background : numpy.ndarray
        ``(h, w, 3)`` uint8 RGB, of the tile's size.
    eye, target : numpy.ndarray
        Camera position and the point it looks at, decimetres.
    field : float
        Vertical field of view in degrees.
    side : float
        Side of the window, for the highlights.
    """

    def __init__(
        self,
        parts: list[Part],
        background: np.ndarray,
        eye: np.ndarray,
        target: np.ndarray,
        field: float,
        side: float,
    ) -> None:
        self.height, self.width = background.shape[:2]
        size = (self.width * SCALE, self.height * SCALE)
        self.gl = moderngl.create_context(standalone=True, backend="egl")
        self.gl.enable_direct(ALPHA_TO_COVERAGE)
        self.many = self.gl.framebuffer(
            self.gl.renderbuffer(size, 4, samples=4), self.gl.depth_renderbuffer(size, samples=4)
        )
        self.flat = self.gl.framebuffer(self.gl.renderbuffer(size, 4))
        self.program = self.gl.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
        lamp = np.array([side * 0.75, 0.55, 0.85])
        self.program["camera"].write(
            perspective(eye, target, field, self.width / self.height).T.astype("f4").tobytes()
        )
        self.program["eye"].value, self.program["lamp"].value = tuple(eye), tuple(lamp / np.linalg.norm(lamp))
        self.parts = [self._upload(part) for part in parts]
        back = self.gl.program(vertex_shader=BACK_VERTEX, fragment_shader=BACK_FRAGMENT)
        corners = self.gl.buffer(np.array([-1, -1, 1, -1, -1, 1, 1, 1], "f4").tobytes())
        self.back = self.gl.vertex_array(back, [(corners, "2f", "corner")])
        self.back_picture = self._picture(
            np.dstack([background, np.full(background.shape[:2], 255, np.uint8)]), False
        )

    def _picture(self, rgba: np.ndarray, mipmaps: bool = True) -> moderngl.Texture:
        texture = self.gl.texture(rgba.shape[1::-1], 4, np.ascontiguousarray(rgba).tobytes())
        if mipmaps:
            texture.build_mipmaps()
            texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        return texture

    def _upload(self, part: Part) -> tuple:
        moving = self.gl.buffer(reserve=len(part.source) * 24, dynamic=True)
        fixed = self.gl.buffer(np.hstack([part.light[part.source], part.uv]).astype("f4").tobytes())
        index = self.gl.buffer(part.triangles.astype("i4").tobytes())
        array = self.gl.vertex_array(
            self.program, [(moving, "3f 3f", "point", "normal"), (fixed, "3f 2f", "light", "uv")], index
        )
        return part, moving, array, self._picture(part.texture[::-1])

    def _set_mode(self, name: str) -> None:
        """Culling for closed parts, blending for fine ones, coverage for the others."""
        switch = self.gl.enable if name in CLOSED else self.gl.disable
        switch(moderngl.CULL_FACE)
        fine = name in FINE
        (self.gl.enable if fine else self.gl.disable)(moderngl.BLEND)
        (self.gl.disable_direct if fine else self.gl.enable_direct)(ALPHA_TO_COVERAGE)
        self.many.depth_mask = not fine

    def draw(self, posed: dict[str, np.ndarray]) -> np.ndarray:
        """``(h, w, 3)`` uint8 RGB picture of the posed parts."""
        self.many.use()
        self.many.clear(0, 0, 0, 1)
        self.gl.disable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self.back_picture.use(0)
        self.back.render(moderngl.TRIANGLE_STRIP)
        self.gl.enable(moderngl.DEPTH_TEST)
        for part, moving, array, picture in self.parts:
            points = posed[part.name]
            normal = vertex_normals(points, part.faces)
            moving.write(np.hstack([points, normal])[part.source].astype("f4").tobytes())
            self.program["gloss"].value, self.program["power"].value = part.gloss, part.power
            self.program["cut"].value = HAIR_EDGE if part.name == "hair" else 0.0
            self._set_mode(part.name)
            picture.use(0)
            array.render()
        self._set_mode("")
        self.gl.copy_framebuffer(self.flat, self.many)
        raw = np.frombuffer(self.flat.read(components=3), np.uint8).reshape(
            self.height * SCALE, self.width * SCALE, 3
        )[::-1]
        block = raw.reshape(self.height, SCALE, self.width, SCALE, 3).astype(np.uint16)
        return ((block.sum((1, 3)) + SCALE * SCALE // 2) // (SCALE * SCALE)).astype(np.uint8)
